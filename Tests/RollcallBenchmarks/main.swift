import Libc

guard let options = BenchmarkOptions(Array(CommandLine.arguments.dropFirst())) else {
  Descriptor.write(Array(BenchmarkOptions.usage.utf8), to: STDERR_FILENO)
  exit(64)
}
switch options.role {
case .serve: exit(ListSpace.serve())
case .work(let path, let times): path.run(times: times)
case .report: exit(Benchmark(options: options, program: CommandLine.arguments[0]).run())
}
