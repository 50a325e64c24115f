// What comes in and goes out at /canvas.
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsNotEmpty, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';

const WIDGET_KINDS = ['heading', 'text', 'image', 'emoji'] as const;
type WidgetKind = (typeof WIDGET_KINDS)[number];

export class PageSlug {
  @ApiProperty({ example: 'home' })
  @Matches(/^[a-z][a-z0-9-]{0,62}$/, { message: 'slug must be 1 to 63 of a-z, 0-9 and "-", beginning with a letter' })
  readonly slug!: string;
}

export class NewPage extends PageSlug {
  @ApiProperty({ example: 'Home', maxLength: 200 })
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  readonly title!: string;
}

export class NewWidget {
  @ApiProperty({ enum: WIDGET_KINDS })
  @IsIn(WIDGET_KINDS)
  readonly kind!: WidgetKind;

  @ApiProperty({ example: 'Welcome', maxLength: 10_000 })
  @IsString()
  @MaxLength(10_000)
  readonly content!: string;
}

export class Widget extends NewWidget {
  @ApiProperty()
  readonly id!: number;
}

export class Page extends NewPage {
  @ApiProperty()
  readonly createdAt!: Date;
}

export class PageWithWidgets extends Page {
  @ApiProperty({ type: [Widget] })
  readonly widgets!: Widget[];
}

export class EmojiSearch {
  @ApiPropertyOptional({ description: 'Part of the name', example: 'cat', maxLength: 50 })
  @IsOptional()
  @IsString()
  @MaxLength(50)
  readonly search?: string;

  @ApiPropertyOptional({ description: 'Most emojis in the answer', minimum: 1, maximum: 2000, default: 100 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(2000)
  readonly limit: number = 100;
}

export class Emoji {
  @ApiProperty({ example: '🐈' })
  readonly emoji!: string;

  @ApiProperty({ example: 'cat' })
  readonly name!: string;

  @ApiProperty({ example: 'Animals & Nature' })
  readonly category!: string;

  @ApiProperty({ description: 'Version of Unicode emoji that brought it', example: '0.7' })
  readonly version!: string;
}
