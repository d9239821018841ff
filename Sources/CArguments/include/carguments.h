// The arguments of this process, where the system keeps them.
#pragma once
/// The arguments, the name of the program first; NULL where they are not known. They may be overwritten in place.
char **carguments_values(void);
/// How many there are.
int carguments_count(void);
