internal import Glibc

/// sysexits.h: something is wrong with the configuration.
private let configurationExitCode: Int32 = 78

/// What a `main` does: runs the body and turns its end into the process' end.
///
/// A graceful end is exit code 0. A ``SettingError`` is its one line on standard error and exit code 78 (`EX_CONFIG`). A
/// ``LoggedFailure`` is exit code 1 without another word. Any other error is its description in one line and exit code 1;
/// so errors' descriptions must not hold secrets.
public func runProcess(_ body: () async throws -> Void) async {
    do {
        try await body()
    } catch let error as SettingError {
        exitWithSettingError(error)
    } catch is LoggedFailure {
        exit(EXIT_FAILURE)
    } catch {
        StandardError.writeLine("error: \(error)")
        exit(EXIT_FAILURE)
    }
}

/// Prints the error's one line to standard error and ends the process with exit code 78 (`EX_CONFIG`).
public func exitWithSettingError(_ error: SettingError) -> Never {
    StandardError.writeLine(error.description)
    exit(configurationExitCode)
}
