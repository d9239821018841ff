// swift-tools-version: 6.3
import PackageDescription

// If rollcall is not beside the program, give the URL of its repository here instead of a path.
let rollcall = Package.Dependency.package(name: "rollcall", path: "../..")

func program(_ name: String) -> Target {
  .executableTarget(name: name, dependencies: [.product(name: "RollcallKit", package: "rollcall"), "Surroundings"])
}

let package = Package(
  name: "watching",
  platforms: [.macOS(.v26)],
  dependencies: [rollcall],
  targets: [
    // Shared by the three programs: the account from the environment, and the exit.
    .target(name: "Surroundings", dependencies: [.product(name: "RollcallKit", package: "rollcall")]),
    program("watch"),
    program("deliver"),
    program("all"),
    // A receiver of webhooks needs only the core, and so neither libcurl nor SQLite.
    .executableTarget(name: "verify", dependencies: [.product(name: "RollcallCore", package: "rollcall")]),
  ]
)
