// The API's description: OpenAPI at /docs-json, a page to try it out at /docs.
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

export function describeApi(app: INestApplication): void {
  const config = new DocumentBuilder()
    .setTitle('Hydrogen')
    .setDescription(
      'The reference service of @hydrogen/database: four named PostgreSQL databases in one NestJS service.',
    )
    .setVersion('0.1.0')
    .addTag('Service', 'What is here, and how the databases are')
    .addTag('Health', 'Probes for an orchestrator; /health/live never touches a database')
    .addTag('OIDC', 'Clients and users with hashed secrets')
    .addTag('Acuranzo', 'Cities of the world, from GeoNames')
    .addTag('Helium', 'Settings with their history')
    .addTag('Canvas', 'Pages with widgets, and emojis to decorate them')
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, config));
}
