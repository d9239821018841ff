import RollcallKit
import Testing

struct ProviderTests {
  @Test(
    arguments: [
      ("example.signalwire.com", .signalWire), ("a.b.signalwire.com", .signalWire), ("signalwire.com", nil),
      ("evilsignalwire.com", nil), ("api.twilio.com", .twilio), ("api.ie1.twilio.com", .twilio),
      ("api.dublin.ie1.twilio.com", .twilio), ("twilio.com", nil), ("www.twilio.com", nil),
      ("api.twilio.com.evil", nil), ("api.eviltwilio.com", nil), ("api.telnyx.com", .telnyx), ("telnyx.com", nil),
      ("127.0.0.1", nil), ("localhost", nil), ("proxy.internal", nil), ("", nil),
    ] as [(String, Provider?)])
  func `a host belongs to its provider`(host: String, provider: Provider?) {
    #expect(Provider(host: host) == provider)
  }

  @Test(
    arguments: [
      ("https://example.signalwire.com", .signalWire), ("https://api.twilio.com", .twilio),
      ("https://API.Twilio.com:443/", .twilio), ("https://api.telnyx.com", .telnyx),
      ("http://127.0.0.1:8080", .signalWire), ("http://[::1]:8080", .signalWire), ("", .signalWire),
    ] as [(String, Provider)])
  func `an unknown origin is taken as SignalWire's`(origin: String, provider: Provider) {
    #expect(Provider(ofOrigin: origin) == provider)
  }
}
