// The worker's entry: connections whose sockets stand here, and nothing else. It must reach no Nest, no configuration and no
// process.env; test/architecture walks its imports.
import { PostgresConnector } from '../postgres/postgres-connector.js';
import { serve } from './serve.js';

serve((place) => new PostgresConnector(place));
