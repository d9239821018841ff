/// One tracked field that moved, or that an event is about.
public struct FieldChange: Equatable, Sendable {
  public enum Value: Equatable, Sendable {
    case flag(Bool)
    case text(String?)
  }

  /// The provider's key.
  public let field: String
  public let from: Value
  public let to: Value

  init(_ field: String, _ from: Bool, _ to: Bool) {
    self.field = field
    self.from = .flag(from)
    self.to = .flag(to)
  }

  init(_ field: String, _ from: String?, _ to: String?) {
    self.field = field
    self.from = .text(from)
    self.to = .text(to)
  }
}
