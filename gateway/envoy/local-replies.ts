import { extension } from './typed.ts';

/**
 * What Envoy answers by itself. A token for another audience counts as no token: 401, where Envoy alone says 403, which
 * is left to those who may not do what they ask for.
 */
export const localReplies: object = {
  mappers: [
    {
      filter: {
        extension_filter: extension(
          'envoy.access_loggers.extension_filters.cel',
          'envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter',
          {
            expression: 'response.code == 403 && response.code_details.startsWith("jwt_authn_access_denied")',
          },
        ),
      },
      status_code: 401,
    },
  ],
};
