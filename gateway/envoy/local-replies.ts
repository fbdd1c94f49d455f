import { extension } from './typed.ts';

/**
 * What Envoy answers by itself, in words that say nothing of the inside, with the correlation id that finds the request in
 * the logs. Over gRPC they are the status message. A token for another audience counts as no token: 401, where Envoy alone
 * says 403, which is left to those who may not do what they ask for.
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
      ...words('Sign in to do this: there is no valid token.'),
    },
    reply('EQ', 401, 'Sign in to do this: there is no valid token.'),
    reply('EQ', 403, 'You may not do this.'),
    reply('EQ', 404, 'There is no such thing here.'),
    reply('EQ', 408, 'That took too long.'),
    reply('EQ', 413, 'The request is too large.'),
    reply('GE', 500, 'A part of the shop is away for a moment.'),
  ],
};

function reply(op: 'EQ' | 'GE', status: number, text: string): object {
  const value = { default_value: status, runtime_key: `edge.reply_from_${status}` };
  return { filter: { status_code_filter: { comparison: { op, value } } }, ...words(text) };
}

function words(text: string): object {
  return {
    body_format_override: {
      text_format_source: { inline_string: `${text} Correlation id: %REQ(X-REQUEST-ID)%` },
      content_type: 'text/plain; charset=utf-8',
    },
  };
}
