import RollcallKit
import RollcallSimulator

/// Everything that `rollcall simulate` was told.
struct SimulateOptions: Hashable, Sendable {
  /// 0 takes any port that is free.
  let port: UInt16
  /// The name of a scenario or the path of one; nil for the usual one.
  let scenario: String?
  /// nil for the usual one.
  let seed: UInt64?
  /// Whose API is spoken.
  let provider: SimulatedProvider

  init(_ arguments: ParsedArguments) throws(UsageError) {
    try arguments.refuseOperands(of: .simulate)
    port = try arguments.integer(.port, in: UInt16.min...UInt16.max) ?? 0
    scenario = arguments.text(.scenario)
    seed = try arguments.integer(.seed, in: UInt64.min...UInt64.max)
    provider = try Provider.named(arguments).map(SimulatedProvider.init) ?? .signalWire
  }
}

extension SimulatedProvider {
  /// The simulator knows nothing of the kit, nor the kit of it.
  fileprivate init(_ provider: Provider) {
    switch provider {
    case .signalWire: self = .signalWire
    case .twilio: self = .twilio
    case .telnyx: self = .telnyx
    }
  }
}
