/// What a node of the tape stands for.
public enum JSONKind: UInt8, Sendable {
    case object, array, string, number, boolean, null
}

/// One value of a document, 16 bytes: where its text stands and how many nodes it spans.
///
/// The tape holds the values in the order of their text. An object's members follow it as key node, value, key node,
/// value …; an array's elements follow it one after another. `node + node.span` is therefore always the next sibling.
struct JSONNode {
    /// Offset of the value's first byte in the source.
    var start: UInt32
    /// Offset one past the value's last byte; 0 while a container is open.
    var end: UInt32
    /// Nodes of the subtree, this one included. While a container is open: the index of its parent plus one, so that the
    /// open containers are their own stack and depth costs nothing.
    var span: UInt32
    var kind: JSONKind
    /// Only of strings: the text holds at least one backslash.
    var hasEscapes: Bool
}
