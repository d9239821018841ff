/// Whose API a simulated space speaks. The rooms behind it are the same.
package enum SimulatedProvider: String, CaseIterable, Sendable {
  case signalWire = "signalwire"
  case twilio
  case telnyx

  var dialect: any SpaceDialect {
    switch self {
    case .signalWire: SignalWireSpace()
    case .twilio: TwilioSpace()
    case .telnyx: TelnyxSpace()
    }
  }
}
