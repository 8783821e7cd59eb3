internal import Postgres

extension PostgresArray {
    static func int8(of values: [Int64]) -> PostgresArray {
        var array = PostgresArray.int8(capacity: values.count)
        for value in values { array.append(value) }
        return array
    }

    static func text(of values: [String]) -> PostgresArray {
        var array = PostgresArray.text(capacity: values.count, bytesPerElement: 64)
        for value in values { array.append(value) }
        return array
    }
}
