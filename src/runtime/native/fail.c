#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launch.h"

int fail(struct failure *failure, const char *op, int error, const char *format, ...) {
  if (failure->op[0]) return -1;
  snprintf(failure->op, sizeof failure->op, "%s", op);
  failure->error = error;
  va_list args;
  va_start(args, format);
  vsnprintf(failure->detail, sizeof failure->detail, format, args);
  va_end(args);
  return -1;
}

enum { MOST_WARNINGS = 64 };

void warn(struct launch *launch, const char *format, ...) {
  if (launch->warning_count >= MOST_WARNINGS) return;
  char text[480];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  struct warning *warning = malloc(sizeof *warning + strlen(text) + 1);
  if (!warning) return;
  strcpy(warning->text, text);
  warning->next = NULL;
  struct warning **end = &launch->warnings;
  while (*end) end = &(*end)->next;
  *end = warning;
  launch->warning_count++;
}
