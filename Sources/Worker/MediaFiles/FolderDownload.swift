internal import Glibc
internal import NIOCore

/// A file of a ``MediaFolder`` that is being read.
actor FolderDownload: MediaDownload {
    private static let chunk = 256 * 1_024

    nonisolated let size: Int64
    private let descriptor: Int32
    private var position: Int64 = 0

    init(descriptor: Int32, size: Int64) {
        self.descriptor = descriptor
        self.size = size
    }

    deinit {
        close(descriptor)
    }

    func read() async throws(MediaStorageError) -> ByteBuffer? {
        let (descriptor, from, length) = (descriptor, position, min(Int64(Self.chunk), size - position))
        guard length > 0 else { return nil }
        let bytes = try await BlockingFile.run { () throws(MediaStorageError) in
            var buffer = ByteBuffer()
            var failure: Int32 = 0
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Int(length)) { space in
                while true {
                    let count = pread(descriptor, space.baseAddress, Int(length), off_t(from))
                    if count < 0, errno == EINTR { continue }
                    if count < 0 { failure = errno }
                    return max(0, count)
                }
            }
            if failure != 0 { throw BlockingFile.failure("cannot be read from", failure) }
            return buffer
        }
        position += Int64(bytes.readableBytes)
        return bytes.readableBytes > 0 ? bytes : nil
    }
}
