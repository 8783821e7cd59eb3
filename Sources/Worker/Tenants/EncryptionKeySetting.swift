/// The setting that holds the keys, as errors and the reader of settings name it.
enum EncryptionKeySetting {
    static let variable = "WHATSAPP_ENCRYPTION_KEY"
    static let expectation =
        "base64 of 32 bytes, or several id:base64 separated by commas, the first of which seals (`worker keys generate` prints a key)"
}
