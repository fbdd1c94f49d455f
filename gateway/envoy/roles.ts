import { CLAIMS } from './token.ts';
import { extension, typed } from './typed.ts';

const FILTER = 'envoy.filters.http.rbac';

/** Lets everything pass, unless the route asks for roles. */
export const rolesFilter: object = extension(FILTER, 'envoy.extensions.filters.http.rbac.v3.RBAC');

/** A route for tokens that hold one of these roles. The service decides for itself as well. */
export function requiredRoles(roles: readonly string[]): Record<string, object> {
  return {
    [FILTER]: typed('envoy.extensions.filters.http.rbac.v3.RBACPerRoute', {
      rbac: {
        rules: {
          action: 'ALLOW',
          policies: {
            roles: { permissions: [{ any: true }], principals: roles.map(holdsRole) },
          },
        },
      },
    }),
  };
}

function holdsRole(role: string): object {
  return {
    sourced_metadata: {
      metadata_matcher: {
        filter: CLAIMS.filter,
        path: [{ key: CLAIMS.key }, { key: 'roles' }],
        value: { list_match: { one_of: { string_match: { exact: role } } } },
      },
    },
  };
}
