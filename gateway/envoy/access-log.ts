import { extension } from './typed.ts';

/** One JSON line a request, without its query, headers or sender: what was asked, how it went, and the ids that find it. */
export function accessLog(path: string): object {
  return extension('envoy.access_loggers.file', 'envoy.extensions.access_loggers.file.v3.FileAccessLog', {
    path,
    log_format: {
      json_format: {
        time: '%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%',
        level: 'info',
        service: 'edge',
        msg: 'request',
        method: '%REQ(:METHOD)%',
        path: '%PATH(NQ)%',
        route: '%ROUTE_NAME%',
        status: '%RESPONSE_CODE%',
        grpc_status: '%GRPC_STATUS%',
        flags: '%RESPONSE_FLAGS%',
        details: '%RESPONSE_CODE_DETAILS%',
        duration_ms: '%DURATION%',
        request_bytes: '%BYTES_RECEIVED%',
        response_bytes: '%BYTES_SENT%',
        attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%',
        upstream: '%UPSTREAM_HOST%',
        cluster: '%UPSTREAM_CLUSTER%',
        protocol: '%PROTOCOL%',
        correlation_id: '%REQ(X-REQUEST-ID)%',
        trace_id: '%TRACE_ID%',
      },
    },
  });
}
