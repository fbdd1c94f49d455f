import { goProgram } from './go-program.ts';

/** grpcurl, a client by which people look at gRPC: a minute on an idle machine, once. Only tests use it. */
export const GRPCURL = goProgram({
  name: 'grpcurl',
  title: 'grpcurl',
  path: 'github.com/fullstorydev/grpcurl/cmd/grpcurl',
  version: 'v1.9.4',
});
