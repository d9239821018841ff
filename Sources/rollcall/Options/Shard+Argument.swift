import RollcallCore

extension Shard {
  /// - Parameter text: such as `0/3`, for the first of three.
  /// - Throws: ``UsageError`` where it is no such pair, or there is no such shard.
  init(argument text: String) throws(UsageError) {
    let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let index = numbers[0], let count = numbers[1] else {
      throw UsageError("--shard \(Quotation.of(text)) is no K/N", right: "give such as 0/3 for the first of three")
    }
    guard (1...Self.maximumCount).contains(count) else {
      throw UsageError("--shard \(Quotation.of(text)) has \(count) shards", right: "give 1 to \(Self.maximumCount)")
    }
    guard let shard = Shard(index, of: count) else {
      throw UsageError(
        "--shard \(Quotation.of(text)) does not exist",
        right: "shards count from 0: give 0/\(count) to \(count - 1)/\(count)")
    }
    self = shard
  }
}
