import RollcallCore
import RollcallKit

/// The webhooks of a run while they post. They come, change and go as their files say when they are read again.
actor WebhookSinks {
  /// One webhook of the run, those included that have gone.
  private struct Post {
    var member: WebhookTargets.Member
    /// nil where the webhook is given no longer.
    var sink: WebhookSink?
    /// What came of the sinks before this one.
    var past = WebhookSink.Tally()
  }

  /// How one webhook is doing.
  struct Report: Sendable {
    /// As the store knows it; never a URL.
    var name: String
    var label: String
    var tally: WebhookSink.Tally
    var isFailing: Bool
  }

  private let loop: EventLoop
  private let store: RunStore
  private let targets: WebhookTargets
  private let log: StandardError
  private let make: @Sendable (WebhookTargets.Member) -> WebhookSink
  /// In the order in which they were given.
  private var posts: [Post]
  /// Sinks that end what is in flight, while their successors wait.
  private var retiring: [WebhookSink] = []
  /// Names of webhooks that have a task.
  private var served: Set<String> = []
  private var deadline: Timestamp?
  private let arrivals: AsyncStream<String>
  private let arrive: AsyncStream<String>.Continuation

  nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameter make: makes the sink of a webhook.
  init(
    _ targets: WebhookTargets, on loop: EventLoop, store: RunStore, log: StandardError,
    make: @escaping @Sendable (WebhookTargets.Member) -> WebhookSink
  ) {
    self.targets = targets
    self.loop = loop
    self.store = store
    self.log = log
    self.make = make
    posts = targets.members.map { Post(member: $0, sink: make($0)) }
    (arrivals, arrive) = AsyncStream.makeStream()
    for member in targets.members { arrive.yield(member.target.name) }
  }

  private var sinks: [WebhookSink] { posts.compactMap(\.sink) }

  /// Makes them known to the store, which then keeps what they have yet to get, and has them fetch it.
  func begin() async {
    for sink in sinks { await begin(sink) }
  }

  private func begin(_ sink: WebhookSink) async {
    // What cannot be read now is told by whoever reads next.
    _ = try? await store.events.progress(of: sink.target.name)
    await sink.notice()
  }

  /// Says that the store has more events.
  func notice() async {
    for sink in sinks { await sink.notice() }
  }

  /// Posts until each webhook has everything that it will get, or the moment of ``drain(until:)`` has come.
  func run() async {
    await withDiscardingTaskGroup { group in
      for await name in arrivals {
        served.insert(name)
        group.addTask { await self.serve(name) }
      }
    }
  }

  /// Runs the sinks of one webhook, one after the other, until the run ends or the webhook is given no longer.
  private func serve(_ name: String) async {
    var last: WebhookSink?
    while let post = posts.first(where: { $0.member.target.name == name }) {
      if let sink = post.sink, sink !== last {
        last = sink
        await sink.run()
        await conclude(sink)
      } else {
        if post.sink == nil { await part(from: name, last) }
        break
      }
    }
    served.remove(name)
    // It may have been given again meanwhile.
    if let sink = sink(of: name), sink !== last { arrive.yield(name) }
  }

  private func sink(of name: String) -> WebhookSink? {
    posts.first { $0.member.target.name == name }?.sink
  }

  /// Keeps what came of a sink that has a successor, or none. What it has not delivered is the successor's.
  private func conclude(_ sink: WebhookSink) async {
    let tally = await sink.report.withoutUndelivered
    guard let place = retiring.firstIndex(where: { $0 === sink }) else { return }
    retiring.remove(at: place)
    guard let index = posts.firstIndex(where: { $0.member.target.name == sink.target.name }) else { return }
    posts[index].past += tally
  }

  /// Says what a webhook that is given no longer has not got.
  private func part(from name: String, _ last: WebhookSink?) async {
    await store.events.dismiss(name)
    guard let count = await last?.report.undelivered, count > 0 else { return }
    guard let index = posts.firstIndex(where: { $0.member.target.name == name }) else { return }
    if !store.isDurable { posts[index].past.undelivered += count }
    log.log(
      .warning,
      "webhook \(posts[index].member.target.label): \(EventCount.past(count)) not delivered\(store.consolation)")
  }

  /// Each stops at the moment given at the latest; nothing is read again after that.
  func drain(until moment: Timestamp) async {
    deadline = moment
    arrive.finish()
    for sink in sinks + retiring { await sink.drain(until: moment) }
  }

  /// How all of them are doing, those included that are given no longer.
  func reports() async -> [Report] {
    var reports: [Report] = []
    for post in posts {
      let target = post.member.target
      var tally = await post.sink?.report ?? WebhookSink.Tally()
      for sink in retiring where sink.target.name == target.name { tally += await sink.report.withoutUndelivered }
      tally += post.past
      let isFailing = await post.sink?.isFailing ?? false
      reports.append(Report(name: target.name, label: target.label, tally: tally, isFailing: isFailing))
    }
    return reports
  }
}

// MARK: What files say anew

extension WebhookSinks {
  /// Reads the webhooks' files again. Where any of it is wrong, all stay as they are.
  func renew() async {
    guard !posts.isEmpty, deadline == nil, let fresh = targets.readAgain() else { return }
    let names = Set(fresh.map(\.target.name))
    for index in posts.indices where !names.contains(posts[index].member.target.name) {
      guard posts[index].sink != nil else { continue }
      log.log(.notice, "webhook \(posts[index].member.target.label) is given no longer: it gets no more events")
      await retire(index)
    }
    for member in fresh { await take(member) }
  }

  private func take(_ member: WebhookTargets.Member) async {
    guard let index = posts.firstIndex(where: { $0.member.target.name == member.target.name }) else {
      posts.append(Post(member: member))
      return await welcome(member, at: posts.count - 1)
    }
    let old = posts[index].member
    posts[index].member = member
    guard let sink = posts[index].sink else { return await welcome(member, at: index) }
    guard old.selection == member.selection, old.target.maximumAge == member.target.maximumAge,
      old.target.format.chatService == member.target.format.chatService
    else {
      log.log(.notice, "webhook \(member.target.label): its new filter, max_age and format count from now on")
      await retire(index)
      return await start(member, at: index)
    }
    await sink.renew(member.target)
  }

  private func welcome(_ member: WebhookTargets.Member, at index: Int) async {
    log.log(.notice, "webhook \(member.target.label) is new: it gets events from now on")
    await start(member, at: index)
  }

  private func start(_ member: WebhookTargets.Member, at index: Int) async {
    let sink = make(member)
    posts[index].sink = sink
    await begin(sink)
    if !served.contains(member.target.name) { arrive.yield(member.target.name) }
  }

  /// Has the sink of a webhook end what is in flight.
  private func retire(_ index: Int) async {
    guard let sink = posts[index].sink else { return }
    posts[index].sink = nil
    retiring.append(sink)
    await sink.retire()
  }
}
