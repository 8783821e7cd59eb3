/// A customer as they were named at a time, in microseconds since 1970.
struct CustomerSighting: Hashable {
    let key: CustomerKey
    var time: Int64
}
