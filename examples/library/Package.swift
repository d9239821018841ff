// swift-tools-version: 6.3
import PackageDescription

// Where rollcall is not beside the program, its repository stands here instead of a path.
let rollcall = Package.Dependency.package(name: "rollcall", path: "../..")

func program(_ name: String) -> Target {
  .executableTarget(name: name, dependencies: [.product(name: "RollcallKit", package: "rollcall"), "Surroundings"])
}

let package = Package(
  name: "watching",
  platforms: [.macOS(.v26)],
  dependencies: [rollcall],
  targets: [
    // What the three programs share: the account that the environment names, and the exit.
    .target(name: "Surroundings", dependencies: [.product(name: "RollcallKit", package: "rollcall")]),
    program("watch"),
    program("deliver"),
    program("all"),
    // A receiver of webhooks needs the core alone, and so no libcurl and no SQLite.
    .executableTarget(name: "verify", dependencies: [.product(name: "RollcallCore", package: "rollcall")]),
  ]
)
