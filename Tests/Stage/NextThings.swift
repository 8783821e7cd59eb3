import GraphSimulator
import TestSupport

/// Where everything is and what to try, in commands that can be copied as they stand.
struct NextThings: Sendable {
    let set: Playable

    /// Variables for a shell: the processes' own, and names for what the commands need.
    var environmentFile: String {
        let settings = set.deployment.settings
        var variables = settings.worker(opsPort: set.worker.opsPort)
        variables.merge(settings.ingress(port: set.ports[0], opsPort: set.ingress[0].opsPort)) { $1 }
        variables["INGRESS_URL"] = "http://127.0.0.1:\(set.ports[0])\(CustomerPlayer.path)"
        variables["CONSOLE_URL"] = "http://127.0.0.1:\(set.consolePort)"
        variables["CONSOLE_OPERATOR_KEY"] = set.operatorKey
        variables["TENANT_ID"] = set.tenant.id
        variables["TENANT_API_KEY"] = set.tenant.apiKey
        for name in ["INGRESS_PORT", "INGRESS_OPS_PORT", "WORKER_OPS_PORT", "LOG_FORMAT"] { variables[name] = nil }
        return variables.sorted { $0.key < $1.key }.map { "export \($0.key)='\($0.value)'\n" }.joined()
    }

    func show() {
        Terminal.show(
            """

            Where things are
              Ingress      \(set.ports.map { "http://127.0.0.1:\($0)\(CustomerPlayer.path)" }.joined(separator: "\n               "))
              Console      http://127.0.0.1:\(set.consolePort)/app/whatsapp  (keys: TENANT_API_KEY and CONSOLE_OPERATOR_KEY in \(RunFolder.name)/env)
              Health       \(set.services.map { "http://127.0.0.1:\($0.opsPort)/ready  /metrics  (\($0.name))" }.joined(separator: "\n               "))
              Redis        \(set.deployment.settings.redisURL)
              Postgres     127.0.0.1:\(set.deployment.postgres.port), database quoteline (URL in \(RunFolder.name)/env)
              Graph API    \(set.simulator.url)  (simulated; /simulator lists what it can be told)
              Phone        \(set.simulator.phoneURL)  (the customer's: write, send a photo, and read what comes back)
              Files        \(RunFolder.name)/media  (what customers send; also on the console's pages)
              Logs         \(RunFolder.name)/logs

            Next things to try, in another terminal, in this folder:
              source \(RunFolder.name)/env

              # Post a webhook of your own, signed as Meta signs it; again as often as you like: it is stored once
              curl -i "$INGRESS_URL" --data-binary @\(RunFolder.name)/example.json \\
                -H "X-Hub-Signature-256: sha256=$(openssl dgst -sha256 -hmac "$WHATSAPP_APP_SECRET" -r \(RunFolder.name)/example.json | cut -d' ' -f1)"

              # Read the conversation
              psql "$DATABASE_URL" -c "select sent_at, direction, type, text from whatsapp_messages order by sent_at desc limit 10"

              # Send a quote link, and see it on the phone page; asked for again it is the same message
              redis-cli -u "$REDIS_URL" lpush 'wa:{outbound}:ready' '\(QuoteSends(set: set).request("Q-1004"))'
              .build/release/worker explain Q-1004
              curl -s "$CONSOLE_URL/api/whatsapp/send" -H "Authorization: Bearer $TENANT_API_KEY" \\
                -d '\(QuoteSends(set: set).body("Q-1005"))'

              # Look into the queue
              redis-cli -u "$REDIS_URL" --scan --pattern 'wa:*'
              redis-cli -u "$REDIS_URL" llen 'wa:{inbound}:ready'
              redis-cli -u "$REDIS_URL" zrange 'wa:{inbound}:dead' 0 -1

              # Kill the Worker: it is started again, and nothing is lost
              kill -9 \(set.worker.pid ?? 0)

              # Numbers
              curl -s http://127.0.0.1:\(set.ingress[0].opsPort)/metrics | grep ^quoteline_

            Ctrl-C stops everything.
            """)
    }
}
