import { type AccessDecision, accessRule, decideAccess } from '#platform/auth/access.ts';
import type { AccessTokens } from '#platform/auth/access-token.ts';
import { authenticate } from '#platform/auth/authenticate.ts';
import type { WorkloadTokens } from '#platform/auth/workload-token.ts';
import { permissionDenied, unauthenticated } from '#platform/errors/refusal.ts';
import type { Exchange, Interceptor } from './exchange.ts';

/** Lets a call through only if its caller, verified here and now, matches the method's access option. */
export function identified(verifiers: {
  readonly users: AccessTokens;
  readonly workloads: WorkloadTokens;
}): Interceptor {
  return (method, next) => {
    const rule = accessRule(method);
    return async (exchange) => {
      const { caller, token } = await authenticate(exchange.metadata, verifiers);
      exchange.context.caller = caller;
      if (token !== undefined) {
        exchange.context.token = token;
      }
      const decision = decideAccess(rule, caller);
      if (decision === 'unauthenticated') {
        throw unauthenticated('Sign in to do this.');
      }
      if (decision === 'denied') {
        audit(exchange, decision);
        throw permissionDenied();
      }
      if (decision === 'role') {
        audit(exchange, decision);
      }
      return next(exchange);
    };
  };
}

/** Administrative and denied calls leave a record, whatever becomes of them. */
function audit({ call, method, context }: Exchange, decision: AccessDecision): void {
  const { userId, sessionId, service, roles } = context.caller;
  call.log.info(
    {
      audit: decision === 'denied' ? 'denied' : 'administrative',
      rpc_method: method.name,
      rpc_service: method.parent.typeName,
      user_id: userId,
      session_id: sessionId,
      caller_service: service,
      roles,
    },
    decision === 'denied' ? 'call denied' : 'call by right of a role',
  );
}
