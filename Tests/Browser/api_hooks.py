"""What schemathesis loads before it runs (SCHEMATHESIS_HOOKS): wrong keys are forgotten before each request.

They are limited for five minutes, for right keys of the same address too, and the tool tries wrong ones all the time: with
the limit in force it would soon test nothing but the limit, which has tests of its own.
"""
import os
import subprocess

import schemathesis

COMMAND = ["redis-cli", "-u", os.environ["REDIS_URL"], "--no-auth-warning"]
# What redis-cli reads line by line, and answers line by line: one process for all requests.
FORGET = """EVAL "local n = 0 for _, key in ipairs(redis.call('KEYS', ARGV[1])) do n = n + redis.call('DEL', key) end return n" \
0 wa:auth:{sign-in}:*\n"""


class Limits:
    def __init__(self):
        self.redis = None

    def forget(self):
        if self.redis is None:
            self.redis = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.redis.stdin.write(FORGET)
        self.redis.stdin.flush()
        answer = self.redis.stdout.readline().strip()
        if not answer.isdigit():
            raise RuntimeError(f"Redis answered {answer!r} where the number of forgotten keys belongs")


limits = Limits()


@schemathesis.hook
def before_call(context, case, kwargs):
    limits.forget()
