import type { ApolloServerPlugin } from '@apollo/server';
import type { Context } from './context.js';

/**
 * Whoever accepts `application/json` alone takes another status than 200 for that of some proxy, so the specification of
 * GraphQL over HTTP has it, and looks into the body: a document that is refused answers 200 there, and 400 to all others.
 */
export const jsonStatus: ApolloServerPlugin<Context> = {
  requestDidStart: async ({ request }) => ({
    willSendResponse: async ({ response: { http } }) => {
      const accepted = request.http?.headers.get('accept') ?? '';
      const plain = accepted.includes('application/json') && !accepted.includes('graphql-response+json');
      if (http.status === 400 && plain) http.status = 200;
    },
  }),
};
