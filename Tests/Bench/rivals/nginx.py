"""nginx with LuaJIT as a rival, and nginx answering at once as a floor, where Debian's packages are installed."""
import pathlib
import shutil
import string

from stage import free_port, listens
from webhook import APP_SECRET, PATH

PACKAGES = "nginx libnginx-mod-http-lua"
MODULE = pathlib.Path("/usr/lib/nginx/modules/ngx_http_lua_module.so")


def available():
    return bool(shutil.which("nginx", path="/usr/sbin:/usr/bin")) and MODULE.exists()


def start(stage, redis):
    """Returns {name: (url, process)} of the rival and the floor; one process serves both."""
    lua, floor = free_port(), free_port()
    template = string.Template(pathlib.Path(__file__).with_suffix(".conf.template").read_text())
    configuration = stage.folder / "nginx.conf"
    configuration.write_text(template.substitute(
        FOLDER=stage.folder, SECRET=APP_SECRET, REDIS_PORT=redis.port, LUA_PORT=lua, FLOOR_PORT=floor))
    process = stage.start([shutil.which("nginx", path="/usr/sbin:/usr/bin"), "-p", stage.folder, "-c", configuration],
                          ready=lambda: listens(lua))
    return {"nginx+LuaJIT": (f"http://127.0.0.1:{lua}{PATH}", process),
            "nginx floor": (f"http://127.0.0.1:{floor}{PATH}", process)}
