internal import OperationsKit

/// Rows under a heading, columns as wide as their widest cell.
public enum TextTable {
    public static func text(_ heading: [String], _ rows: [[String]]) -> String {
        let all = [heading] + rows.map { $0.map(\.printable) }
        let widths = heading.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            row.indices.map { column in
                // The last column is not padded, so that no line ends in spaces.
                column == row.count - 1
                    ? row[column] : row[column] + String(repeating: " ", count: widths[column] - row[column].count)
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
