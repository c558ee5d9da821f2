import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsString, MaxLength } from 'class-validator';
import { PageDto } from '../management/api/page.dto.js';
import { MAX_KEY_NAME_LENGTH } from './signing-keys.service.js';

/** The public half of a key that signs serials. */
export class SigningKeyDto {
  @ApiProperty()
  name!: string;

  @ApiProperty({ name: 'sha3-384', description: 'of the public key, as account-keys name it' })
  'sha3-384'!: string;

  @ApiProperty({
    name: 'account-id',
    type: 'string',
    nullable: true,
    description: 'whose key it is; null if the store does not hold its account-key',
  })
  'account-id'!: string | null;

  @ApiProperty({ description: 'whether the private half is in the PKCS#11 token' })
  token!: boolean;

  @ApiProperty({ name: 'public-key', description: 'in the form of the body of an account-key' })
  'public-key'!: string;
}

export class SigningKeyPageDto extends PageDto {
  @ApiProperty({ type: [SigningKeyDto] })
  items!: SigningKeyDto[];
}

/** A new key, which is generated here. */
export class NewSigningKeyDto {
  @ApiProperty({
    description: 'letters and digits, with single - _ or . between them',
    maxLength: MAX_KEY_NAME_LENGTH,
  })
  @IsString()
  @MaxLength(MAX_KEY_NAME_LENGTH)
  name!: string;

  @ApiPropertyOptional({ description: 'generate it in the PKCS#11 token (proxy.hsm.*)', default: false })
  @IsOptional()
  @IsBoolean()
  token?: boolean;
}
