import RollcallCore
import RollcallServer
import Synchronization

/// A webhook on loopback that answers as a test says, and keeps what it received.
final class ScriptedReceiver: Sendable {
  struct Delivery: Sendable, Equatable {
    var id: String?
    var body: [UInt8]
    /// Whether the delivery is signed with the receiver's secret.
    var isSigned: Bool
    var previous: String?
  }

  /// The secret: 24 bytes in base64.
  static let secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"

  private final class Ledger: Sendable {
    let deliveries = Mutex<[Delivery]>([])
  }

  private let ledger = Ledger()
  private let server: HTTPServer

  /// - Parameter status: returns the status of the reply to the delivery with that number, from 0.
  init(_ status: @escaping @Sendable (Int) -> Int = { _ in 204 }) throws {
    let secret = try WebhookSecret(Self.secret)
    server = try HTTPServer(port: 0) { [ledger] request in
      let id = request.header("webhook-id")
      let stamp = request.header("webhook-timestamp").flatMap { Int64($0) } ?? 0
      let isSigned = WebhookSignature.verify(
        request.header("webhook-signature") ?? "", id: id ?? "", timestamp: stamp, body: request.body, secret: secret)
      let delivery = Delivery(
        id: id, body: request.body, isSigned: isSigned, previous: request.header("rollcall-previous-id"))
      return ledger.deliveries.withLock { deliveries in
        deliveries.append(delivery)
        return ServerReply(status: status(deliveries.count - 1))
      }
    }
  }

  var url: String { "http://127.0.0.1:\(server.port)/hook" }
  var deliveries: [Delivery] { ledger.deliveries.withLock { $0 } }
  var environment: [String: String] { ["ROLLCALL_WEBHOOK_URL": url, "ROLLCALL_WEBHOOK_SECRET": Self.secret] }

  func stop() { server.stop() }
}
