extension Settings {
    /// A secret from `NAME`, or from the file whose path `NAME_FILE` holds; line ends at the end of the file are cut.
    ///
    /// Set to nothing is the same as not set; whitespace alone, a blank file, or both variables at once are refused.
    /// No error shows a value, nor the path: the secret itself is easily put there by mistake.
    public func secret(_ name: String) throws(SettingError) -> Secret? {
        try secret(name, expected: "a value without whitespace around it, or no such variable")
    }

    /// A secret that must be there, and not blank.
    /// - Parameter expected: What the error names as expected, such as "the app secret of Meta's app".
    public func requiredSecret(_ name: String, expected: String) throws(SettingError) -> Secret {
        if let secret = try secret(name, expected: expected) { return secret }
        let isSet = try environmentValue(name) != nil
        throw SettingError(
            variable: name, problem: isSet ? "is set, but empty" : "is not set",
            expected: "\(expected) (or \(name)_FILE, the path of a file that holds it)")
    }

    /// Several secrets separated by commas, as while one is being rotated; at least one. Whitespace around each is cut, and
    /// a blank one refused: whatever it guards would be open.
    public func requiredSecrets(_ name: String, expected: String) throws(SettingError) -> [Secret] {
        let parts = try requiredSecret(name, expected: expected).reveal().split(
            separator: ",", omittingEmptySubsequences: false)
        var secrets: [Secret] = []
        for part in parts {
            guard let first = part.firstIndex(where: { !$0.isWhitespace }),
                let last = part.lastIndex(where: { !$0.isWhitespace })
            else {
                throw SettingError(
                    variable: name, problem: "has nothing before, between or after its commas", expected: expected)
            }
            secrets.append(Secret(String(part[first...last])))
        }
        return secrets
    }

    private func secret(_ name: String, expected: String) throws(SettingError) -> Secret? {
        let fileVariable = name + "_FILE"
        let value = try environmentValue(name) ?? ""
        let path = try environmentValue(fileVariable) ?? ""
        switch (value.isEmpty, path.isEmpty) {
        case (true, true):
            return nil
        case (false, false):
            throw SettingError(
                variable: name, problem: "is set, and \(fileVariable) too", expected: "only one of the two")
        case (false, true):
            return try Self.checked(value, variable: name, place: "", expected: expected)
        case (true, false):
            let text = try Self.secretFile(path, variable: fileVariable)
            return try Self.checked(text, variable: fileVariable, place: "the file ", expected: expected)
        }
    }

    private static func checked(
        _ value: String, variable: String, place: String, expected: String
    ) throws(SettingError) -> Secret {
        let problem: String
        if value.isEmpty {
            problem = "is empty"
        } else if value.isBlank {
            problem = "holds only whitespace"
        } else if value.first?.isWhitespace == true || value.last?.isWhitespace == true {
            problem = "begins or ends with whitespace"
        } else {
            return Secret(value)
        }
        throw SettingError(variable: variable, problem: place + problem, expected: expected)
    }

    private static func secretFile(_ path: String, variable: String) throws(SettingError) -> String {
        let expected = "the path of a readable text file that holds the secret"
        let bytes: [UInt8]
        do {
            bytes = try SmallFile.read(path, limit: secretFileLimit)
        } catch {
            throw SettingError(
                variable: variable, problem: "the file cannot be read (\(error))", expected: expected)
        }
        let lineEnds = [UInt8(ascii: "\n"), UInt8(ascii: "\r")]
        let end = bytes.lastIndex { !lineEnds.contains($0) }.map { $0 + 1 } ?? 0
        guard let text = String(validating: bytes[..<end], as: UTF8.self) else {
            throw SettingError(variable: variable, problem: "the file is not UTF-8 text", expected: expected)
        }
        return text
    }
}
