// What comes in and goes out at /acuranzo.
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';

export class CitySearch {
  @ApiPropertyOptional({ description: 'Beginning of the name, in any case', example: 'berl', maxLength: 100 })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  readonly search?: string;

  @ApiPropertyOptional({ description: 'ISO 3166 code of two letters', example: 'DE' })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.toUpperCase() : value))
  @Matches(/^[A-Z]{2}$/, { message: 'country must be a code of two letters' })
  readonly country?: string;

  @ApiPropertyOptional({ description: 'Most cities in the answer', minimum: 1, maximum: 1000, default: 20 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  readonly limit: number = 20;
}

export class City {
  @ApiProperty({ description: "GeoNames' number", example: 2_950_159 })
  readonly id!: number;

  @ApiProperty({ example: 'Berlin' })
  readonly name!: string;

  @ApiProperty({ example: 'DE' })
  readonly country!: string;

  @ApiProperty({ description: "GeoNames' kind of place", example: 'PPLC' })
  readonly feature!: string;

  @ApiProperty({ description: "GeoNames' first administrative division", example: '16' })
  readonly admin!: string;

  @ApiProperty({ example: 3_426_354 })
  readonly population!: number;

  @ApiProperty({ example: 13.41053 })
  readonly longitude!: number;

  @ApiProperty({ example: 52.52437 })
  readonly latitude!: number;
}

export class Country {
  @ApiProperty({ example: 'DE' })
  readonly country!: string;

  @ApiProperty({ description: 'Number of its cities here' })
  readonly cities!: number;

  @ApiProperty({ description: 'People in these cities' })
  readonly population!: number;
}
