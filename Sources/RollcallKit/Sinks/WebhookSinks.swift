import RollcallCore

/// The webhooks of a run while they post. They come, change and go as their files say when they are read again.
package actor WebhookSinks {
  /// One webhook of the run, those included that have gone.
  private struct Post {
    var target: WebhookTarget
    /// nil where the webhook is given no longer.
    var sink: WebhookSink?
    /// What came of the sinks before this one.
    var past = WebhookSink.Tally()
  }

  private let loop: EventLoop
  private let store: RunStore
  private let source: WebhookSource
  private let notify: @Sendable (WatchNotice) -> Void
  private let make: @Sendable (WebhookTarget) -> WebhookSink
  /// In the order in which they were given.
  private var posts: [Post]
  /// Sinks that end what is in flight, while their successors wait.
  private var retiring: [WebhookSink] = []
  /// Names of webhooks that have a task.
  private var served: Set<String> = []
  private var deadline: Timestamp?
  private let arrivals: AsyncStream<String>
  private let arrive: AsyncStream<String>.Continuation

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameter make: makes the sink of a webhook.
  init(
    _ source: WebhookSource, on loop: EventLoop, store: RunStore, notify: @escaping @Sendable (WatchNotice) -> Void,
    make: @escaping @Sendable (WebhookTarget) -> WebhookSink
  ) {
    self.source = source
    self.loop = loop
    self.store = store
    self.notify = notify
    self.make = make
    posts = source.targets.map { Post(target: $0, sink: make($0)) }
    (arrivals, arrive) = AsyncStream.makeStream()
    for target in source.targets { arrive.yield(target.name) }
  }

  private var sinks: [WebhookSink] { posts.compactMap(\.sink) }

  /// Makes them known to the store, which then keeps what they have yet to get, and has them fetch it.
  func begin() async {
    for sink in sinks { await begin(sink) }
  }

  private func begin(_ sink: WebhookSink) async {
    // What cannot be read now is told by whoever reads next.
    _ = try? await store.events.cursor(of: sink.target.name)
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
    while let post = posts.first(where: { $0.target.name == name }) {
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
    posts.first { $0.target.name == name }?.sink
  }

  /// Keeps what came of a sink that has a successor, or none. What it has not delivered is the successor's.
  private func conclude(_ sink: WebhookSink) async {
    let tally = await sink.report.withoutUndelivered
    guard let place = retiring.firstIndex(where: { $0 === sink }) else { return }
    retiring.remove(at: place)
    guard let index = posts.firstIndex(where: { $0.target.name == sink.target.name }) else { return }
    posts[index].past += tally
  }

  /// Says what a webhook that is given no longer has not got.
  private func part(from name: String, _ last: WebhookSink?) async {
    await store.events.dismiss(name)
    guard let count = await last?.report.undelivered, count > 0 else { return }
    guard let index = posts.firstIndex(where: { $0.target.name == name }) else { return }
    if !store.isDurable { posts[index].past.undelivered += count }
    notify(.webhookLeft(posts[index].target, undelivered: count))
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
      let target = post.target
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
    guard !posts.isEmpty, deadline == nil, let fresh = source.reread() else { return }
    let names = Set(fresh.map(\.name))
    for index in posts.indices where !names.contains(posts[index].target.name) {
      guard posts[index].sink != nil else { continue }
      notify(.webhookRemoved(posts[index].target))
      await retire(index)
    }
    for target in fresh { await take(target) }
  }

  private func take(_ target: WebhookTarget) async {
    guard let index = posts.firstIndex(where: { $0.target.name == target.name }) else {
      posts.append(Post(target: target))
      return await welcome(target, at: posts.count - 1)
    }
    let old = posts[index].target
    posts[index].target = target
    guard let sink = posts[index].sink else { return await welcome(target, at: index) }
    guard old.filter == target.filter, old.maximumAge == target.maximumAge,
      old.format.chatService == target.format.chatService
    else {
      notify(.webhookChanged(target))
      await retire(index)
      return await start(target, at: index)
    }
    await sink.renew(target)
  }

  private func welcome(_ target: WebhookTarget, at index: Int) async {
    notify(.webhookAdded(target))
    await start(target, at: index)
  }

  private func start(_ target: WebhookTarget, at index: Int) async {
    let sink = make(target)
    posts[index].sink = sink
    await begin(sink)
    if !served.contains(target.name) { arrive.yield(target.name) }
  }

  /// Has the sink of a webhook end what is in flight.
  private func retire(_ index: Int) async {
    guard let sink = posts[index].sink else { return }
    posts[index].sink = nil
    retiring.append(sink)
    await sink.retire()
  }
}
