// Gives the features their SchemaApplier.
import { Module } from '@nestjs/common';
import { SchemaApplier } from './schema-applier.js';

@Module({ providers: [SchemaApplier], exports: [SchemaApplier] })
export class SchemaModule {}
