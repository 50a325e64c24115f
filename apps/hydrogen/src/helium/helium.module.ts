// The feature on the Helium database.
import { Module } from '@nestjs/common';
import { SchemaModule } from '../schema/schema.module.js';
import { HeliumController } from './helium.controller.js';
import { HeliumService } from './helium.service.js';

@Module({ imports: [SchemaModule], controllers: [HeliumController], providers: [HeliumService] })
export class HeliumModule {}
