import { type AccessDecision, accessRule, decideAccess } from '#platform/auth/access.ts';
import type { AccessTokens } from '#platform/auth/access-token.ts';
import { authenticate } from '#platform/auth/authenticate.ts';
import { permissionDenied, unauthenticated, workloadUnknown } from '#platform/errors/refusal.ts';
import type { Exchange, Interceptor } from './exchange.ts';

/** Lets a call through only if its caller, verified here and now, matches the method's access option. */
export function identified(users: AccessTokens): Interceptor {
  return (method, next) => {
    const rule = accessRule(method);
    return async (exchange) => {
      const { caller, token } = await authenticate(exchange.metadata, exchange.workload, users);
      exchange.context.caller = caller;
      if (token !== undefined) {
        exchange.context.token = token;
      }
      const decision = decideAccess(rule, caller);
      if (decision === 'unauthenticated') {
        throw unauthenticated('Sign in to do this.');
      }
      if (decision === 'unidentified') {
        audit(exchange, decision);
        throw workloadUnknown();
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
  const { sessionId, roles } = context.caller;
  call.log.info(
    {
      audit: decision === 'role' ? 'administrative' : 'denied',
      rpc_method: method.name,
      rpc_service: method.parent.typeName,
      session_id: sessionId,
      roles,
    },
    decision === 'role' ? 'call by right of a role' : 'call denied',
  );
}
