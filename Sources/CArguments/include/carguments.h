// What the system shows of this process to others: its arguments and its memory.
#pragma once
/// Returns the arguments, beginning with the program's name; NULL if they are unknown. They may be overwritten in
/// place.
char **carguments_values(void);
/// Returns the number of arguments.
int carguments_count(void);
/// Prevents the process's memory from being dumped after a crash and from being read by the user's other processes.
void carguments_keep_memory(void);
