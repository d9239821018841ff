import RollcallCore

/// The webhooks of a run. A reload of their files may add, change or remove some.
package actor WebhookSinks {
  /// One webhook of the run, possibly removed since.
  private struct Post {
    var target: WebhookTarget
    /// nil if the webhook was removed from the configuration.
    var sink: WebhookSink?
    /// The counts of the sinks before this one.
    var past = WebhookSink.Tally()
  }

  private let loop: EventLoop
  private let store: RunStore
  private let source: WebhookSource
  private let notify: @Sendable (WatchNotice) -> Void
  private let make: @Sendable (WebhookTarget) -> WebhookSink
  /// The webhooks in the order of the configuration.
  private var posts: [Post]
  /// Sinks that are finishing their attempts in flight, while their successors wait.
  private var retiring: [WebhookSink] = []
  /// The names of webhooks that have a task.
  private var served: Set<String> = []
  private var deadline: Timestamp?
  private let arrivals: AsyncStream<String>
  private let arrive: AsyncStream<String>.Continuation

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  /// - Parameter make: creates the sink of a webhook.
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

  /// Makes the webhooks known to the store, which then keeps the events they still need, and starts their delivery.
  func begin() async {
    for sink in sinks { await begin(sink) }
  }

  private func begin(_ sink: WebhookSink) async {
    // If the cursor is unreadable now, the next read reports that.
    _ = try? await store.events.cursor(of: sink.target.name)
    await sink.notice()
  }

  /// Tells all sinks that the store has more events.
  func notice() async {
    for sink in sinks { await sink.notice() }
  }

  /// Posts until all webhooks have finished, or the end of the drain.
  func run() async {
    await withDiscardingTaskGroup { group in
      for await name in arrivals {
        served.insert(name)
        group.addTask { await self.serve(name) }
      }
    }
  }

  /// Runs the sinks of one webhook, one after another, until the run ends or the webhook is removed.
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
    // The webhook may have been added again meanwhile.
    if let sink = sink(of: name), sink !== last { arrive.yield(name) }
  }

  private func sink(of name: String) -> WebhookSink? {
    posts.first { $0.target.name == name }?.sink
  }

  /// Adds the counts of a retired sink to its webhook's. Its undelivered events belong to its successor.
  private func conclude(_ sink: WebhookSink) async {
    let tally = await sink.report.withoutUndelivered
    guard let place = retiring.firstIndex(where: { $0 === sink }) else { return }
    retiring.remove(at: place)
    guard let index = posts.firstIndex(where: { $0.target.name == sink.target.name }) else { return }
    posts[index].past += tally
  }

  /// Reports the undelivered events of a removed webhook.
  private func part(from name: String, _ last: WebhookSink?) async {
    await store.events.dismiss(name)
    guard let count = await last?.report.undelivered, count > 0 else { return }
    guard let index = posts.firstIndex(where: { $0.target.name == name }) else { return }
    if !store.isDurable { posts[index].past.undelivered += count }
    notify(.webhookLeft(posts[index].target, undelivered: count))
  }

  /// Makes each sink stop at `moment` at the latest. There are no more reloads.
  func drain(until moment: Timestamp) async {
    deadline = moment
    arrive.finish()
    for sink in sinks + retiring { await sink.drain(until: moment) }
  }

  /// Returns how all webhooks are doing, including removed ones.
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

// MARK: Reloading

extension WebhookSinks {
  /// Reloads the webhooks' files. If any of them has an error, all webhooks stay as they are.
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

  /// Retires the sink of a webhook, which finishes its attempts in flight.
  private func retire(_ index: Int) async {
    guard let sink = posts[index].sink else { return }
    posts[index].sink = nil
    retiring.append(sink)
    await sink.retire()
  }
}
