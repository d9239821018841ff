// swift-tools-version: 6.3
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .enableUpcomingFeature("ImmutableWeakCaptures"),
]

// Optimised builds are for what is tested: optimising the tests would take half of the build, and save little when they run. The
// simulation, which plays thousands of seeds, is the exception.
let testSettings = settings + [.unsafeFlags(["-Onone"], .when(configuration: .release))]

let package = Package(
  name: "rollcall",
  platforms: [.macOS(.v26)],
  products: [
    .executable(name: "rollcall", targets: ["rollcall"]),
    .library(name: "RollcallKit", targets: ["RollcallKit"]),
    .library(name: "RollcallCore", targets: ["RollcallCore"]),
  ],
  dependencies: [],
  targets: [
    // These libraries are linked by their run-time names, so that no development headers are needed to build.
    .target(
      name: "CCurl",
      linkerSettings: [
        .linkedLibrary(":libcurl.so.4", .when(platforms: [.linux])),
        .linkedLibrary("curl", .when(platforms: [.macOS])),
      ]),
    .target(
      name: "CSQLite",
      linkerSettings: [
        .linkedLibrary(":libsqlite3.so.0", .when(platforms: [.linux])),
        .linkedLibrary("sqlite3", .when(platforms: [.macOS])),
      ]),
    .target(
      name: "CZlib",
      linkerSettings: [
        .linkedLibrary(":libz.so.1", .when(platforms: [.linux])),
        .linkedLibrary("z", .when(platforms: [.macOS])),
      ]),
    .target(name: "Libc", swiftSettings: settings),
    .target(name: "CArguments"),
    .target(name: "CTerminal"),
    .target(name: "RollcallCore", swiftSettings: settings),
    .target(
      name: "RollcallKit", dependencies: ["RollcallCore", "CCurl", "CSQLite", "CZlib", "Libc"], swiftSettings: settings),
    .target(name: "RollcallServer", dependencies: ["RollcallCore", "Libc"], swiftSettings: settings),
    .target(
      name: "RollcallSimulator", dependencies: ["RollcallCore", "RollcallServer", "Libc"],
      swiftSettings: settings),
    .executableTarget(
      name: "rollcall",
      dependencies: [
        "CArguments", "CTerminal", "Libc", "RollcallCore", "RollcallKit", "RollcallServer", "RollcallSimulator",
      ],
      swiftSettings: settings),
    .target(
      name: "RollcallTestKit", dependencies: ["RollcallCore", "Libc"], path: "Tests/RollcallTestKit",
      swiftSettings: settings),
    .testTarget(
      name: "RollcallCoreTests", dependencies: ["RollcallCore", "RollcallTestKit", "Libc"],
      swiftSettings: testSettings),
    .testTarget(
      name: "RollcallKitTests", dependencies: ["RollcallKit", "RollcallTestKit", "Libc"],
      swiftSettings: testSettings),
    .testTarget(
      name: "RollcallSimulatorTests",
      dependencies: ["RollcallSimulator", "RollcallServer", "RollcallTestKit", "Libc"],
      swiftSettings: testSettings),
    .testTarget(
      name: "RollcallCommandTests",
      dependencies: [
        "rollcall", "RollcallCore", "RollcallKit", "RollcallServer", "RollcallSimulator", "RollcallTestKit", "Libc",
      ],
      exclude: ["Scripts"], swiftSettings: testSettings),
    .testTarget(
      name: "RollcallSimulation", dependencies: ["RollcallCore", "RollcallKit", "RollcallTestKit", "Libc"],
      path: "Tests/RollcallSimulation", swiftSettings: settings),
    .executableTarget(
      name: "RollcallBenchmarks",
      dependencies: ["RollcallCore", "RollcallKit", "RollcallServer", "RollcallTestKit", "CCurl", "Libc"],
      path: "Tests/RollcallBenchmarks", exclude: ["instructions.txt"], swiftSettings: settings),
  ]
)

// A build for some of the tests, such as those that run under a sanitizer, need not compile the others and the programs, which
// takes minutes.
if let wanted = Context.environment["ROLLCALL_TARGETS"]?.split(separator: " ").map(String.init) {
  let choices = package.targets.filter { [.test, .executable].contains($0.type) }.map(\.name)
  precondition(wanted.allSatisfy(choices.contains), "ROLLCALL_TARGETS names a target that is none of \(choices)")
  let needed = wanted + (wanted.contains("RollcallCommandTests") ? ["rollcall"] : [])
  package.targets.removeAll { choices.contains($0.name) && !needed.contains($0.name) }
  package.products.removeAll { $0.name == "rollcall" && !needed.contains($0.name) }
}
