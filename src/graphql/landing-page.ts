import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';

const FIRST_DOCUMENT = `query FirstLook {
  user(id: "user-001") {
    fullName
    balance { available { amount currency } version }
    transactions(first: 5) { nodes { type status amount { amount currency } } }
  }
}
`;

/** In development a browser at /graphql gets Apollo Sandbox, with the key set up; in production, nothing. */
export function landingPage(production: boolean, apiKey: string) {
  if (production) return ApolloServerPluginLandingPageDisabled();
  return ApolloServerPluginLandingPageLocalDefault({
    document: FIRST_DOCUMENT,
    footer: false,
    embed: {
      runTelemetry: false,
      endpointIsEditable: false,
      initialState: { sharedHeaders: { 'X-API-Key': apiKey } },
    },
  });
}
