import RollcallCore
import RollcallKit

/// Says on standard error what people should know of a run's polls.
enum PollLog {
  static func tell(_ notice: PollNotice, of provider: Provider, on log: StandardError) {
    switch notice {
    case .origin(.failing(.poll(let conference), let failure)):
      log.log(.warning, "\(conference): \(text(of: failure, provider)); retrying")
    case .origin(.failing(.discovery, let failure)):
      log.log(
        .warning, "discovery: \(text(of: failure, provider)); no new conferences are noticed until a retry succeeds")
    case .origin(.recovered(.poll)): log.log(.notice, "no poll fails any longer")
    case .origin(.recovered(.discovery)): log.log(.notice, "discovery: a retry succeeded")
    case .statusesSayNothing(let conference):
      log.log(
        .warning,
        "\(conference): every participant in the list has the status completed, but the conference is not reported as"
          + " completed; they count as in the room")
    case .confirmationRefused(let conference):
      log.log(
        .warning,
        "\(conference): the provider refuses to say whether an absent participant is gone (401 or 403): they stay in the room until"
          + " 30 lists and a minute have left them out; check what the token may read, or give --confirm-left none")
    case .over(let conference, let othersGoOn):
      log.log(
        .warning, "the conference \(conference) is over already" + (othersGoOn ? "; the others are watched" : ""))
    case .callsRefused:
      log.log(
        .warning, "the provider tells nothing of calls: give the token the right to read them, or leave --enrich out")
    case .noneFound: log.log(.notice, "no such conference yet; waiting for one to start")
    case .overBudget(let needed, let allowed, let worstCase):
      let longest = DurationText.format(.seconds((worstCase.wholeMilliseconds + 999) / 1000))
      log.log(
        .warning,
        "polling every conference that often takes \(needed) requests a second, and \(allowed) are allowed: each is polled "
          + "within \(longest); raise --max-requests-per-second or --interval, or use --shard")
    }
  }

  private static func text(of failure: ScanFailure, _ provider: Provider) -> String {
    // What does not end by itself needs a hand.
    failure.isPermanent || failure.isRefusal || failure.remedy != nil
      ? APIErrorText.advice(for: failure, of: provider) : failure.text
  }
}
