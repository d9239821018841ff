// What the system keeps of this process for others to see: its arguments, and its memory.
#pragma once
/// The arguments, the name of the program first; NULL where they are not known. They may be overwritten in place.
char **carguments_values(void);
/// How many there are.
int carguments_count(void);
/// Has the system write the process's memory to no file, should it crash, and show it to no other process of its user.
void carguments_keep_memory(void);
