#ifndef QUOTELINE_CMALLOC_SHIM_H
#define QUOTELINE_CMALLOC_SHIM_H

// glibc's settings of its allocator, which Swift's own Glibc module leaves out.
#include <malloc.h>

#endif
