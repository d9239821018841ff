// swift-tools-version: 6.3
import PackageDescription

// Where rollcall is not beside the program, its repository stands here instead of a path.
let package = Package(
  name: "watching",
  platforms: [.macOS(.v26)],
  dependencies: [.package(name: "rollcall", path: "../..")],
  targets: [
    .executableTarget(
      name: "watch",
      dependencies: [
        .product(name: "RollcallKit", package: "rollcall"), .product(name: "RollcallCore", package: "rollcall"),
      ]),
    .executableTarget(name: "verify", dependencies: [.product(name: "RollcallCore", package: "rollcall")]),
  ]
)
