import ArgumentParser
import OperationsKit
import Postgres
import RedisClient
import Tenants

/// Ends a command as scripts expect it: on success silently with 0, otherwise with one line on standard error and an
/// exit code that tells the kinds of failure apart (the names are those of sysexits.h).
enum CommandOutcome {
    /// The operator's wish cannot be fulfilled as things are.
    static let refused = ExitCode(1)
    /// EX_UNAVAILABLE: the database or Redis cannot be reached, later it may work.
    static let unavailable = ExitCode(69)
    /// EX_CONFIG: an environment variable is missing or wrong.
    static let configuration = ExitCode(78)

    static func report(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as SettingError {
            throw end(line: error.description, configuration)
        } catch let error as EncryptionCheckError {
            throw end(line: error.description, configuration)
        } catch let error as TenantError {
            throw end(error.description, refused)
        } catch let error as ConfigError {
            throw end(error.description, refused)
        } catch let error as MigrationError {
            throw end(error.description, refused)
        } catch let error as PostgresError {
            throw end(error)
        } catch let error as RedisError {
            throw end(error)
        } catch is LoggedFailure {
            throw refused
        } catch let error as ExitCode {
            throw error
        } catch let error as ValidationError {
            throw error
        } catch {
            throw end(String(describing: error), refused)
        }
    }

    private static func end(_ error: PostgresError) -> ExitCode {
        switch error.kind {
        case .connection, .timeout, .readOnly, .resources:
            end("the database of DATABASE_URL does not serve us now: \(error)", unavailable)
        case .outcomeUnknown:
            end("nobody can know whether this was done, look before you repeat it: \(error)", unavailable)
        case .cancelled, .integrity, .data, .serialization, .usage, .other:
            end("the database refused: \(error)", refused)
        }
    }

    private static func end(_ error: RedisError) -> ExitCode {
        switch error.serverErrorKind {
        case .wrongType:
            end("\(error); `worker doctor` names the key and says what to do", refused)
        case .noAuth, .wrongPass:
            end("\(error); REDIS_URL carries user and password: redis://user:password@host:6379/0", configuration)
        case .noPerm, .unknownCommand, .oom, .other:
            end("\(error)", refused)
        case .readOnly, .loading, .misconf, .masterDown, .busy, .noScript, nil:
            end(
                error.mayHaveExecuted
                    ? "Redis did not answer in time, look before you repeat it: \(error)"
                    : "the Redis of REDIS_URL does not serve us now: \(error)", unavailable)
        }
    }

    private static func end(_ problem: String, _ code: ExitCode) -> ExitCode {
        end(line: "error: \(problem)", code)
    }

    /// A wrong setting looks the same here as at the start of a service: the line begins with the variable.
    private static func end(line: String, _ code: ExitCode) -> ExitCode {
        StandardStreams.writeError(line + "\n")
        return code
    }
}
