/// The fuzz targets, named like the folders of their seeds.
enum FuzzTarget: String, CaseIterable {
  case json
  case page
  case dates
  case retryAfter = "retry-after"
  case link
  case options
  case targets
  case events
  case text
  case chat
  case gzip
  case names
  case alerts
  case times
  case callbacks

  func check(_ bytes: [UInt8]) {
    switch self {
    case .json: JSONFuzz.check(bytes)
    case .page: PageFuzz.check(bytes)
    case .dates: DateFuzz.check(bytes)
    case .retryAfter: RetryAfterFuzz.check(bytes)
    case .link: LinkFuzz.check(bytes)
    case .options: OptionsFuzz.check(bytes)
    case .targets: TargetsFuzz.check(bytes)
    case .events: EventFuzz.check(bytes)
    case .text: TextFuzz.check(bytes)
    case .chat: ChatFuzz.check(bytes)
    case .gzip: GzipFuzz.check(bytes)
    case .names: NamesFuzz.check(bytes)
    case .alerts: AlertsFuzz.check(bytes)
    case .times: TimesFuzz.check(bytes)
    case .callbacks: CallbacksFuzz.check(bytes)
    }
  }
}
