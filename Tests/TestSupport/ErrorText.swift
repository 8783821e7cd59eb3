import Glibc

/// The C library's words for the last failure of this thread.
func errorText(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }
