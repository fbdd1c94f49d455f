/*
 * Runs the embedded ClickHouse (libchdb) as a server: HTTP and native TCP on the loopback.
 *
 *   launcher LIBCHDB.so DATA_DIR HTTP_PORT TCP_PORT [option...]
 *
 * The library listens only while a query runs, so the query that opens the ports never ends.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#define MAX_ARGUMENTS 32
#define MAX_TEXT 4096

struct result {
  char *text;
  size_t length;
  void *internal;
  double elapsed;
  unsigned long rows, bytes;
  char *error;
};

static const char *const SERVE =
    "--query=SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; "
    "SELECT sleepEachRow(1) FROM system.numbers SETTINGS max_block_size = 1, "
    "function_sleep_max_microseconds_per_block = 3000000000 FORMAT Null";

static char *option(const char *name, const char *value) {
  char *text = malloc(MAX_TEXT);
  if (!text || snprintf(text, MAX_TEXT, "--%s=%s", name, value) >= MAX_TEXT) {
    fprintf(stderr, "The value of --%s is too long.\n", name);
    exit(2);
  }
  return text;
}

int main(int argc, char **argv) {
  if (argc < 5 || argc - 5 > MAX_ARGUMENTS - 8) {
    fprintf(stderr, "usage: %s LIBCHDB.so DATA_DIR HTTP_PORT TCP_PORT [option...]\n", argv[0]);
    return 2;
  }
  void *library = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
  if (!library) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  struct result *(*query)(int, char **);
  *(void **)&query = dlsym(library, "query_stable_v2");
  if (!query) {
    fprintf(stderr, "%s has no query_stable_v2: it is not the version that this was written for.\n", argv[1]);
    return 1;
  }
  prctl(PR_SET_NAME, "clickhouse");

  char *arguments[MAX_ARGUMENTS];
  int count = 0;
  arguments[count++] = "clickhouse";
  arguments[count++] = option("path", argv[2]);
  arguments[count++] = option("listen_host", "127.0.0.1");
  arguments[count++] = option("http_port", argv[3]);
  arguments[count++] = option("tcp_port", argv[4]);
  for (int i = 5; i < argc; i++) arguments[count++] = argv[i];
  arguments[count++] = (char *)SERVE;
  arguments[count] = NULL;

  struct result *outcome = query(count, arguments);
  if (outcome && outcome->error) fprintf(stderr, "clickhouse: %s\n", outcome->error);
  return 1;
}
