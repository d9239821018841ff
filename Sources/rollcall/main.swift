import Libc

exit(Program.run(ProcessArguments.all))
