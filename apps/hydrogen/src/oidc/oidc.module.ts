// The feature on the OIDC database.
import { Module } from '@nestjs/common';
import { SchemaModule } from '../schema/schema.module.js';
import { OidcController } from './oidc.controller.js';
import { OidcService } from './oidc.service.js';

@Module({ imports: [SchemaModule], controllers: [OidcController], providers: [OidcService] })
export class OidcModule {}
