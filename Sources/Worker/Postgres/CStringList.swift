import Glibc

/// A null-terminated list of C strings, as `PQconnectStartParams` wants two of.
final class CStringList {
    // Each string comes from strdup and is freed once, here; `pointer` is valid for this object's life.
    private var strings: [UnsafeMutablePointer<CChar>?]
    let pointer: UnsafePointer<UnsafePointer<CChar>?>
    private let storage: UnsafeMutablePointer<UnsafePointer<CChar>?>

    init(_ texts: [String]) {
        strings = texts.map { strdup($0) }
        storage = .allocate(capacity: texts.count + 1)
        for (index, string) in strings.enumerated() {
            (storage + index).initialize(to: string.map { UnsafePointer($0) })
        }
        (storage + texts.count).initialize(to: nil)
        pointer = UnsafePointer(storage)
    }

    deinit {
        for string in strings { free(string) }
        storage.deallocate()
    }
}
